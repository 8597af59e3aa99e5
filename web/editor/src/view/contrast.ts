import { Color, type Material } from "three";

/** Difference of brightness, of 1. A line is thin, a surface has a shape and is lit. */
export const LINE_CONTRAST = 0.3;
export const SURFACE_CONTRAST = 0.15;

/** For a vertex shader: a colour that cannot be told from the background is brightened before a dark one and darkened before a bright one. */
const APART = `
    uniform vec3 background;
    uniform float contrast;
    vec3 apart(vec3 color) {
        const vec3 weights = vec3(0.299, 0.587, 0.114);
        float own = dot(color, weights);
        float behind = dot(background, weights);
        if (behind < 0.5) {
            float least = behind + contrast;
            return own < least ? mix(color, vec3(1.0), (least - own) / (1.0 - own)) : color;
        }
        float most = behind - contrast;
        return own > most ? color * (most / own) : color;
    }`;

/** iModels are made for a background of their maker's choice: what has its colour is to be seen on ours too. */
export class Contrast {
    readonly background = { value: new Color() };

    /** Lets a material with colours of vertices keep apart from the background. */
    apply(material: Material, contrast: number): void {
        material.onBeforeCompile = (shader) => {
            Object.assign(shader.uniforms, this.uniforms(contrast));
            shader.vertexShader = this.shader(shader.vertexShader).replace(
                "#include <color_vertex>",
                "#include <color_vertex>\nvColor.rgb = apart(vColor.rgb);",
            );
        };
    }

    uniforms(contrast: number): Record<string, { value: unknown }> {
        return { background: this.background, contrast: { value: contrast } };
    }

    /** @vertexShader may call apart(). */
    shader(vertexShader: string): string {
        return `${APART}\n${vertexShader}`;
    }
}
