import { Euler, MathUtils, Matrix4, Quaternion, Vector3 } from "three";
import type { Placement } from "../state/elements";

/** Turns in degrees: yaw about z, then pitch about -y, then roll about x, as iTwin.js has them. */
export interface Turn {
    yaw: number;
    pitch: number;
    roll: number;
}

const ORDER = "ZYX";
/** What a person sees as no turn at all. */
const TINY_DEGREES = 1e-9;

export function quaternionOf(turn: Turn): Quaternion {
    const { degToRad } = MathUtils;
    return new Quaternion().setFromEuler(
        new Euler(degToRad(turn.roll), -degToRad(turn.pitch), degToRad(turn.yaw), ORDER),
    );
}

export function turnOf(quaternion: Quaternion): Turn {
    const euler = new Euler().setFromQuaternion(quaternion, ORDER);
    const clean = (radians: number) => {
        const degrees = MathUtils.radToDeg(radians);
        return Math.abs(degrees) < TINY_DEGREES ? 0 : degrees;
    };
    return { yaw: clean(euler.z), pitch: clean(-euler.y), roll: clean(euler.x) };
}

export function is2d(placement: Placement): boolean {
    return placement.origin.length === 2;
}

export function matrixOf(placement: Placement): Matrix4 {
    const [x = 0, y = 0, z = 0] = placement.origin;
    const { yaw = 0, pitch = 0, roll = 0 } = is2d(placement) ? { yaw: placement.angle ?? 0 } : (placement.angles ?? {});
    return new Matrix4().compose(new Vector3(x, y, z), quaternionOf({ yaw, pitch, roll }), new Vector3(1, 1, 1));
}

/** What computing has changed in the last digits only is as it was. */
const SAME = 1e-9;

function settle(now: number, before: number | undefined): number {
    return Math.abs(now - (before ?? 0)) < SAME ? (before ?? 0) : now;
}

/** The placement after a movement of the world; its box, which is the element's own, stays. */
export function moved(placement: Placement, by: Matrix4): Placement {
    const to = new Matrix4().multiplyMatrices(by, matrixOf(placement));
    const position = new Vector3();
    const quaternion = new Quaternion();
    to.decompose(position, quaternion, new Vector3());
    const turn = turnOf(quaternion);
    const before = placement.origin;
    const origin = [settle(position.x, before[0]), settle(position.y, before[1])];
    if (is2d(placement)) return { ...placement, origin, angle: settle(turn.yaw, placement.angle) };
    const { yaw, pitch, roll } = placement.angles ?? {};
    const angles = { yaw: settle(turn.yaw, yaw), pitch: settle(turn.pitch, pitch), roll: settle(turn.roll, roll) };
    return { ...placement, origin: [...origin, settle(position.z, before[2])], angles };
}
