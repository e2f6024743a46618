// Whether a person can have seen an element: drawn somewhere below the fold is not seen.

/** Resolves when at least half of the element has been on the screen. */
export function onScreen(element: Element): Promise<void> {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        resolve();
      },
      { threshold: 0.5 },
    );
    observer.observe(element);
  });
}
