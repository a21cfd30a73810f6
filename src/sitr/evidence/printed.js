// How many signs of text the page shows in the medium that is set.
(_, trees) => trees.text().length
