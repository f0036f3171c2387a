// The files of the panel's page, as a bundler for workers brings them: by path, with their types.
import page from "../../www/index.html";
import script from "../../www/page.js";
import style from "../../www/style.css";
import icon from "../../www/icon.svg";

export const FILES = new Map([
  ["/", ["text/html", page]],
  ["/page.js", ["text/javascript", script]],
  ["/style.css", ["text/css", style]],
  ["/icon.svg", ["image/svg+xml", icon]],
]);
