// How many signs of text the page shows in the medium that is set.
() => (document.body ? document.body.innerText.length : 0)
