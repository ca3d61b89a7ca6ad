/** floatRoot is where menus and popovers are hung: inside the main landmark, not beside it. */
export function floatRoot(): HTMLElement {
  return document.getElementById('main') ?? document.body
}
