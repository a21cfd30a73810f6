// What a script can add and nothing needs: the quick exit replaces the page in the history, and Shift pressed three
// times within five seconds does the same. Everything works without this file.
(() => {
  "use strict";
  const exit = document.querySelector("[data-leave]");
  if (!exit) return;
  const leave = () => {
    document.body.hidden = true;
    location.replace(exit.href);
  };
  exit.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  let pressed = [];
  document.addEventListener("keyup", (event) => {
    if (event.key !== "Shift") {
      pressed = [];
      return;
    }
    const now = Date.now();
    pressed = pressed.filter((time) => now - time < 5000);
    pressed.push(now);
    if (pressed.length === 3) leave();
  });
  // A page taken back out of the browser's memory must not show what was there before the lock or the exit.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
