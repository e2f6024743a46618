// How fine the detail is: how fast it falls from coarse to fine, in every direction.
import { percentile } from "./figures";
import { type Constant, constant, familyOf, type Figures, type View } from "./limits";
import { directions, octaves, type Waves } from "./waves";

const SHARPEST = 80; // percentile of tiles: a picture is as sharp as its sharp parts

/** Falls of detail overall, and in the directions where it falls least and most (log2 of power). */
export function blur(name: "small" | "full", waves: Waves): Record<string, number> {
  return { ...falls(name, waves), ...ways(name, waves) };
}

/**
 * 0.5 where no photograph in focus has so little detail beside its coarsest, in all directions or in
 * one, where no edge is sharp, or where there is nothing to be seen at all; 1 well below.
 */
export function detailGone(figures: Figures, view: View): number {
  const family = familyOf(view);
  const levels = (figures["level_99"] ?? 255) - (figures["level_1"] ?? 0);
  return Math.max(
    below(figures["small_drop_2"] ?? 0, "detail_gone", "detail_gone_worst"),
    below(figures["small_lowest"] ?? 0, `direction_gone_${family}`, `direction_gone_${family}_worst`),
    below(figures["edge_sharpest"] ?? Infinity, `edges_gone_${family}`, `edges_gone_${family}_worst`),
    below(levels, "contrast_gone", "contrast_gone_worst"),
  );
}

function below(value: number, limit: Constant, worst: Constant): number {
  const share = (constant(limit) - value) / (constant(limit) - constant(worst));
  return Math.min(1, Math.max(0, 0.5 + 0.5 * share));
}

function falls(name: string, waves: Waves): Record<string, number> {
  const tiles = octaves(waves);
  const found: Record<string, number> = {};
  for (let at = 1; at < 4; at += 1) {
    const steps = tiles.map((tile) => tile[at + 1]! - tile[at]!);
    found[`${name}_fall_${at}`] = percentile(steps, SHARPEST);
  }
  for (let at = 1; at < 5; at += 1) {
    const drops = tiles.map((tile) => tile[at]! - tile[0]!);
    found[`${name}_drop_${at}`] = percentile(drops, SHARPEST);
  }
  return found;
}

/** A hand that moves takes detail away in one direction, a lens in all. */
function ways(name: string, waves: Waves): Record<string, number> {
  const [coarse, middle, fine] = directions(waves) as [number[], number[], number[]];
  const near = middle.map((each, at) => each - coarse[at]!);
  const far = fine.map((each, at) => each - coarse[at]!);
  const coarsest = mean(octaves(waves).map((tile) => tile[0]!));
  return {
    [`${name}_lowest`]: Math.min(...middle) - coarsest,
    [`${name}_lowest_coarse`]: Math.min(...coarse) - coarsest,
    [`${name}_highest`]: Math.max(...middle) - coarsest,
    [`${name}_near_least`]: Math.min(...near),
    [`${name}_near_most`]: Math.max(...near),
    [`${name}_near_range`]: range(near),
    [`${name}_far_least`]: Math.min(...far),
    [`${name}_far_most`]: Math.max(...far),
    [`${name}_far_range`]: range(far),
    [`${name}_middle_range`]: range(middle),
    [`${name}_coarse_range`]: range(coarse),
  };
}

const range = (figures: number[]): number => Math.max(...figures) - Math.min(...figures);
const mean = (figures: number[]): number => figures.reduce((sum, each) => sum + each, 0) / figures.length;
