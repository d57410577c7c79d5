// The keys of the page. Rows are links or buttons, so that Enter needs no help.

export interface KeyActions {
  help(): void;
  /** @returns whether there was a filter to take away */
  clearFilter(): boolean;
  back(): void;
}

export function listenToKeys(actions: KeyActions): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const { target } = event;
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    const handle = isTyping ? typingKeys[event.key] : keys[event.key];
    if (handle === undefined) return;
    handle(actions, target);
    event.preventDefault();
  });
}

type Handler = (actions: KeyActions, target: EventTarget | null) => void;

const keys: Readonly<Record<string, Handler>> = {
  j: () => moveRow(1),
  ArrowDown: () => moveRow(1),
  k: () => moveRow(-1),
  ArrowUp: () => moveRow(-1),
  '/': () => document.querySelector<HTMLInputElement>('input[type=search]')?.focus(),
  '?': ({ help }) => help(),
  Escape: ({ clearFilter, back }) => {
    if (!clearFilter()) back();
  },
};

const typingKeys: Readonly<Record<string, Handler>> = {
  Escape: ({ clearFilter }, target) => {
    if (!clearFilter() && target instanceof HTMLElement) target.blur();
  },
  ArrowDown: () => moveRow(1),
};

function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const { activeElement } = document;
  const current = activeElement instanceof HTMLElement ? rows.indexOf(activeElement) : -1;
  const next = current === -1 ? (step === 1 ? 0 : rows.length - 1) : current + step;
  rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus();
}
