/* Read before the app is built: language, zoom, and the theme of the system where none was chosen. */
document.documentElement.lang = "en";
document.querySelector("meta[name=viewport]").content = "width=device-width, initial-scale=1";
if (!localStorage.getItem(":solara:theme.variant")) {
  theme.variant = "auto";
  const box = document.getElementById("app");
  box.classList.toggle("theme--dark", inDarkMode());
  box.classList.toggle("theme--light", !inDarkMode());
  changeThemeCSS(inDarkMode() ? "dark" : "light");
}
/* Widgets may be built before anywidget's extension has said where it is. The loader, which comes
   after this file, takes what it finds under its own name as its first configuration. */
window.require = { map: { "*": { anywidget: "nbextensions/anywidget/index" } } };
