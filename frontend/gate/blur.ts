// How fine the detail is: how fast it falls from coarse to fine, in every direction.
import { percentile } from "./figures";
import { type Constant, constant, familyOf, type Figures, type View } from "./limits";
import { directions, octaves, type Waves } from "./waves";

const SHARPEST = 80; // percentile of tiles: a picture is as sharp as its sharp parts

/** Falls of detail overall, and in the directions where it falls least and most (log2 of power). */
export function blur(name: "small" | "full", waves: Waves): Record<string, number> {
  const found = { ...falls(name, octaves(waves)), ...ways(name, directions(waves)) };
  return name === "small" ? { ...found, ...besideCoarsest(waves) } : found;
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

function falls(name: string, tiles: number[][]): Record<string, number> {
  const found: Record<string, number> = {};
  for (let at = 1; at < 4; at += 1) {
    const steps = tiles.map((tile) => tile[at + 1]! - tile[at]!);
    found[`${name}_fall_${at}`] = percentile(steps, SHARPEST);
  }
  return found;
}

/** A hand that moves takes detail away in one direction, a lens in all. */
function ways(name: string, [coarse, middle, fine]: number[][]): Record<string, number> {
  const near = less(middle!, coarse!);
  const far = less(fine!, coarse!);
  return {
    [`${name}_near_least`]: Math.min(...near),
    [`${name}_near_most`]: Math.max(...near),
    [`${name}_far_least`]: Math.min(...far),
    [`${name}_far_most`]: Math.max(...far),
  };
}

/** Beside the coarsest octave, which no blur takes away; and how much directions differ. */
function besideCoarsest(waves: Waves): Record<string, number> {
  const tiles = octaves(waves);
  const [coarse, middle, fine] = directions(waves) as [number[], number[], number[]];
  const coarsest = mean(tiles.map((tile) => tile[0]!));
  const drops = tiles.map((tile) => tile[2]! - tile[0]!);
  return {
    small_drop_2: percentile(drops, SHARPEST),
    small_lowest: Math.min(...middle) - coarsest,
    small_highest: Math.max(...middle) - coarsest,
    small_near_range: range(less(middle, coarse)),
    small_far_range: range(less(fine, coarse)),
    small_middle_range: range(middle),
    small_coarse_range: range(coarse),
  };
}

const less = (figures: number[], others: number[]): number[] => figures.map((each, at) => each - others[at]!);
const range = (figures: number[]): number => Math.max(...figures) - Math.min(...figures);
const mean = (figures: number[]): number => figures.reduce((sum, each) => sum + each, 0) / figures.length;
