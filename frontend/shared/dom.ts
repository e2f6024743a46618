// Finding the elements a page promises, by their data attributes.

/** The element for a selector; a page without it is a fault of ours, so say which. */
export function need(root: ParentNode, selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`The page has no ${selector}`);
  return found;
}

/** The value of a data attribute that the page must carry. */
export function datum(element: HTMLElement, name: string): string {
  const value = element.dataset[name];
  if (value === undefined) throw new Error(`The element has no data attribute ${name}`);
  return value;
}
