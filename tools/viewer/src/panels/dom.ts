// Elements. What comes from a trace becomes text or an attribute, and never markup.
type Child = Node | string | null;

export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number | boolean | null> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
};

export const button = (label: string, title: string, action: () => void, kind = 'plain'): HTMLButtonElement => {
  const made = h('button', { type: 'button', title, class: kind }, label);
  made.addEventListener('click', action);
  return made;
};

export const replace = (element: HTMLElement, ...children: Child[]): void => {
  element.replaceChildren(...children.filter((child) => child !== null));
};

// Scrolls the list, and never the page.
export const keepInView = (list: HTMLElement, item: HTMLElement | null): void => {
  if (item === null) return;
  const [outer, inner] = [list.getBoundingClientRect(), item.getBoundingClientRect()];
  const edge = outer.height / 4;
  if (inner.top < outer.top + edge) list.scrollTop -= outer.top + edge - inner.top;
  else if (inner.bottom > outer.bottom - edge) list.scrollTop += inner.bottom - outer.bottom + edge;
};

export const section = (title: string, id: string, ...children: Child[]): HTMLElement =>
  h('section', { class: 'panel', id, 'aria-label': title }, h('h2', {}, title), ...children);
