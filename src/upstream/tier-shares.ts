// What each tier bears when some of its endpoints are out. Pure. Source: Envoy docs, "Priority levels": a tier's health is
// its healthy part times the over-provisioning factor, and what it cannot bear goes to the next one.

/**
 * @param health of each tier, the part of its endpoints that can be used, 0 to 1
 * @param factor at least 1
 * @returns shares that add up to 1; all 0 when no tier has an endpoint to use
 */
export function healthyShares(health: readonly number[], factor: number): readonly number[] {
  const borne = health.map((part) => Math.min(1, part * factor));
  const total = Math.min(
    1,
    borne.reduce((sum, part) => sum + part, 0),
  );
  if (total === 0) return borne;
  let left = 1;
  return borne.map((part) => {
    const share = Math.min(left, part / total);
    left -= share;
    return share;
  });
}
