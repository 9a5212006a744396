// A long name breaks between its words. No character is added: it is copied and searched as it is.
document.addEventListener("DOMContentLoaded", () => {
  for (const { firstChild: text } of document.querySelectorAll("article h1, article td .pre, .sidebar-tree a")) {
    if (!/\S{12}/.test(text.data)) continue;
    const words = text.data.split(/(?<=[a-z])(?=[A-Z])|(?<=[_:.])(?=\w)/);
    text.replaceWith(...words.flatMap((word, place) => (place ? [document.createElement("wbr"), word] : [word])));
  }
});
