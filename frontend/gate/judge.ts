// The device's judgement of one photograph: keep or retake, and for which faults.
import { blur, detailGone } from "./blur";
import { edges } from "./edges";
import { exposure } from "./exposure";
import { frame } from "./frame";
import { framing } from "./framing";
import { glare } from "./glare";
import { limitOf, scored, version, type View } from "./limits";
import { look, type Sight } from "./look";
import { resolution, smallness } from "./resolution";
import { detail } from "./waves";

/** What the device measures; the service measures more. */
export const CODES = [
  "low_resolution",
  "blur",
  "motion_blur",
  "overexposed",
  "underexposed",
  "glare",
  "framing",
] as const;
export type Code = (typeof CODES)[number];

export interface Report {
  version: string;
  verdict: "keep" | "retake";
  issues: Code[]; // those to be taken again for, worst first
  scores: Record<Code, number>;
  figures: Record<string, number>;
}

const LEAST_SIDE = 128; // px; a smaller picture shows nothing that could be measured

export function judge(sight: Sight, view: View): Report {
  const size = resolution(sight.width, sight.height);
  const isMeasurable = Math.min(sight.width, sight.height) >= LEAST_SIDE;
  const figures = isMeasurable ? { ...size, ...measured(sight) } : size;
  const scores = Object.fromEntries(CODES.map((code) => [code, 0])) as Record<Code, number>;
  const limits = CODES.map((code) => [code, limitOf(code, view)] as const);
  for (const [code, limit] of limits) {
    if (limit && isMeasurable) scores[code] = scored(limit, figures);
  }
  scores.low_resolution = Math.max(scores.low_resolution, smallness(size.size_ratio));
  scores.blur = Math.max(scores.blur, detailGone(figures, view));
  const asked = limits.filter(([code, limit]) => limit && limit.retake !== null && scores[code] > limit.retake);
  const codes = new Set(asked.map(([code]) => code));
  if (size.size_ratio < 1) codes.add("low_resolution");
  const issues = [...codes].sort((one, other) => scores[other] - scores[one]);
  return { version, verdict: issues.length ? "retake" : "keep", issues, scores, figures };
}

function measured(sight: Sight): Record<string, number> {
  const seen = look(sight);
  const { small, full } = detail(seen);
  return {
    small_noise: Math.log2(small.noise + 0.01),
    ...blur("small", small),
    ...blur("full", full),
    ...edges(seen, small.noise),
    ruler: +seen.hasRuler,
    ...exposure(seen),
    ...glare(seen),
    ...framing(seen),
    ...frame(seen),
  };
}

