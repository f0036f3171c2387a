// Writes down what has changed, one time after another and never two at once.
//
// A worker can end between any two events, so nothing may be left to a timer that runs on: whoever has changed something
// keeps the worker alive (`event.waitUntil`) until `save` is done. All that changes during one pause, such as the ten
// files of a page, is written once.

const PAUSE_MS = 250;

export class Saver {
  #write;
  #dirty = false;
  #saving;

  /** `write` writes everything, and is never called while it runs. */
  constructor(write) {
    this.#write = write;
  }

  changed() {
    this.#dirty = true;
  }

  /** What was changed by now is what is written down. */
  settled() {
    this.#dirty = false;
  }

  /** Resolves when all that was changed before is written down; also when that failed, as of a disk that is full. */
  save() {
    this.#saving ??= this.#run().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  async #run() {
    while (this.#dirty) {
      await new Promise((done) => setTimeout(done, PAUSE_MS));
      this.#dirty = false;
      await this.#write().catch((error) => console.warn("the cache was not saved:", error));
    }
  }
}
