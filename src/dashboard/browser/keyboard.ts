// The keys of the page. Rows are links or buttons, so that Enter needs no help.

export interface KeyActions {
  /** Draws what was typed, so that the rows are those of now. */
  draw(): void;
  help(): void;
  /** @returns whether there was a filter */
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
    clearFilter();
    if (target instanceof HTMLElement) target.blur();
  },
  ArrowDown: () => moveRow(1),
  Enter: ({ draw }) => {
    draw();
    openOnlyRow();
  },
};

function rows(): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('[data-row]')];
}

/** Of several matches none is meant: the first gets the focus. */
function openOnlyRow(): void {
  const [first, ...others] = rows();
  if (others.length === 0) first?.click();
  else first?.focus();
}

function moveRow(step: 1 | -1): void {
  const all = rows();
  const { activeElement } = document;
  const current = activeElement instanceof HTMLElement ? all.indexOf(activeElement) : -1;
  const next = current === -1 ? (step === 1 ? 0 : all.length - 1) : current + step;
  all[Math.min(Math.max(next, 0), all.length - 1)]?.focus();
}
