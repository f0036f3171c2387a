// On each page of the site: registers the worker, and shows what it does.
const list = document.querySelector("#latest");
const result = document.querySelector("#result");

/** Asks the worker, and gives its answer. */
export async function ask(question) {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise((done) => {
    port1.onmessage = ({ data }) => done(data);
  });
  active.postMessage(question, [port2]);
  const { answer, error } = await answered;
  if (error !== undefined) throw new Error(error);
  return answer;
}

async function show() {
  const { entries, bytes, latest } = await ask({ ask: "status" });
  document.querySelector("#size").textContent = `${entries} entries, ${bytes} bytes`;
  list.replaceChildren(
    ...latest.map(({ pathname, from, status }) => {
      const item = document.createElement("li");
      item.dataset.from = from;
      item.textContent = `${pathname}: ${from}`;
      item.title = status ?? "";
      return item;
    }),
  );
}

document.querySelector("#purge").addEventListener("click", async () => {
  const purged = await ask({ ask: "purge", pattern: location.pathname });
  result.textContent = `${purged} removed; the next visit asks the origin`;
  await show();
});

// For those who try the page without a server in reach, and for the tests.
globalThis.askWorker = ask;

if ("serviceWorker" in navigator) {
  await navigator.serviceWorker.register("/worker.js");
  await navigator.serviceWorker.ready;
  await show();
  document.documentElement.dataset.worker = "ready";
} else {
  result.textContent = "This browser, or this address, has no service workers.";
}
