// The limits, read from the same file as the service reads, and how figures become a score.
import stored from "../../derm_service/imaging/gate/limits.json";

export type Figures = Readonly<Record<string, number>>;
export type View = "overview" | "close_up" | "dermoscopic";

interface Limit {
  start: number;
  retake: number | null;
  measures: Record<string, { typical: number; spread: number; weight: number }>;
}

const FARTHEST = 5; // spreads from typical beyond which a figure says no more
const families: Record<string, Record<string, Limit | undefined> | undefined> = stored.limits;

export const version: string = stored.version;

export type Constant = keyof typeof stored.constants;
export type Family = "dermoscopic" | "camera";

export const familyOf = (view: View): Family => (view === "dermoscopic" ? "dermoscopic" : "camera");

/** One of the plain numbers that stand beside the weighed limits. */
export function constant(name: Constant): number {
  return stored.constants[name].value;
}

/** A code's limit in a view; undefined where it means nothing. */
export function limitOf(code: string, view: View): Limit | undefined {
  return families[code]?.[familyOf(view)];
}

/** 0 when perfect, 0.5 at the limit, 1 at worst; 0 too where the device lacks a measure of it. */
export function scored(limit: Limit, figures: Figures): number {
  let sum = limit.start;
  for (const [name, { typical, spread, weight }] of Object.entries(limit.measures)) {
    const figure = figures[name];
    if (figure === undefined) return 0; // the service decides alone
    sum += weight * Math.min(FARTHEST, Math.max(-FARTHEST, (figure - typical) / spread));
  }
  return 1 / (1 + Math.exp(-sum));
}
