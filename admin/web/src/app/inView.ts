/** inView brings what is chosen into a row that is wider than the window. */
export function inView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}
