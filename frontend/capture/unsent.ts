// How many photographs are on this device only, in words.

/** `waiting` may still be sent; `over` are those that the service takes no more of. */
export function unsentWords(waiting: number, over: number): string {
  const sentences = [];
  if (waiting === 1) sentences.push("1 photograph is not sent yet. Keep this page open until it is.");
  else if (waiting) sentences.push(`${waiting} photographs are not sent yet. Keep this page open until they are.`);
  if (over === 1) sentences.push("1 photograph cannot be sent: its card below says why.");
  else if (over) sentences.push(`${over} photographs cannot be sent: their cards below say why.`);
  return sentences.join(" ");
}
