// What stands in a form, by the names of its fields.

export type Values = Readonly<Record<string, string>>

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

const choice = (i: Input): i is HTMLInputElement => i.type === 'radio' || i.type === 'checkbox'

export function inputsOf(form: HTMLFormElement | null): Input[] {
  return [...(form?.querySelectorAll<Input>('input[name], select[name], textarea[name]') ?? [])]
}

/** valuesOf leaves out what is not chosen of radio buttons and check boxes. */
export function valuesOf(form: HTMLFormElement | null): Values {
  return Object.fromEntries(
    inputsOf(form)
      .filter((i) => !choice(i) || i.checked)
      .map((i) => [i.name, i.value]),
  )
}
