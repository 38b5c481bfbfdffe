// Warns before an answer is lost on a dead connection. The page works as well without it: then the
// browser says so itself, and sends the form again when it is asked to.
"use strict";
(() => {
  const warning = document.getElementById("offline");
  if (!warning) return;
  const look = () => { warning.hidden = navigator.onLine; };
  addEventListener("online", look);
  addEventListener("offline", look);
  look();
  document.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    // Whoever wants to leave must not be kept here by a dead connection.
    const asked = event.submitter && event.submitter.formAction;
    if (asked && asked.endsWith("/leave")) location.replace("about:blank");
    else look();
  });
})();
