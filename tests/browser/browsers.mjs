// The browsers that tests drive; CHROMIUM and FIREFOX say where they are.
import puppeteer from "puppeteer-core";

export const CHROMIUM = {
  name: "chromium",
  options: {
    browser: "chrome",
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
};
export const FIREFOX = {
  name: "firefox",
  options: { browser: "firefox", executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr" },
};

/** Starts a browser with a profile of its own. */
export function launch({ options }, userDataDir) {
  return puppeteer.launch({ ...options, headless: true, userDataDir, timeout: 60_000 });
}
