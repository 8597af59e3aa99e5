import {
    type Camera,
    LinearSRGBColorSpace,
    type Scene,
    ShaderMaterial,
    Vector2,
    WebGLRenderTarget,
    WebGLRenderer,
} from "three";
import { FullScreenQuad } from "three/addons/postprocessing/Pass.js";

/** How often a pixel is looked at, so that edges are smooth. */
const SAMPLES = 4;
/** A display may have more pixels than an eye sees. */
const RATIO_MOST = 2;
const COPY_VERTEX = `
    varying vec2 at;
    void main() {
        at = uv;
        gl_Position = vec4(position.xy, 0.0, 1.0);
    }`;
const COPY_FRAGMENT = `
    uniform sampler2D picture;
    varying vec2 at;
    void main() {
        gl_FragColor = texture2D(picture, at);
    }`;

/**
 * The canvas. A sharp picture has smooth edges and all pixels of the display; a quick one has neither, as graphics in software takes twice
 * as long for that. Smooth edges come by way of a picture beside the canvas, because a canvas has them always or never.
 */
export class Picture {
    readonly renderer = new WebGLRenderer({ antialias: false });
    readonly #target = new WebGLRenderTarget(1, 1, { samples: SAMPLES });
    readonly #copy = new ShaderMaterial({
        vertexShader: COPY_VERTEX,
        fragmentShader: COPY_FRAGMENT,
        uniforms: { picture: { value: this.#target.texture } },
        depthTest: false,
        depthWrite: false,
    });
    readonly #screen = new FullScreenQuad(this.#copy);
    #size = new Vector2(1, 1);

    constructor() {
        // Colours are what the iModel says, and are mixed as they are.
        this.renderer.outputColorSpace = LinearSRGBColorSpace;
    }

    get canvas(): HTMLCanvasElement {
        return this.renderer.domElement;
    }

    resize(width: number, height: number): void {
        this.#size.set(width, height);
        this.renderer.setSize(width, height);
    }

    drawSharp(scene: Scene, camera: Camera): void {
        this.#setRatio(Math.min(window.devicePixelRatio, RATIO_MOST));
        const { width, height } = this.canvas;
        this.#target.setSize(width, height);
        this.renderer.setRenderTarget(this.#target);
        this.renderer.render(scene, camera);
        this.renderer.setRenderTarget(null);
        this.#screen.render(this.renderer);
    }

    drawQuick(scene: Scene, camera: Camera): void {
        this.#setRatio(Math.min(window.devicePixelRatio, 1));
        this.renderer.render(scene, camera);
    }

    dispose(): void {
        this.#target.dispose();
        this.#copy.dispose();
        this.#screen.dispose();
        this.renderer.dispose();
        this.canvas.remove();
    }

    /** Another one empties the canvas: what is drawn next fills it before it is shown. */
    #setRatio(ratio: number): void {
        if (this.renderer.getPixelRatio() !== ratio) this.renderer.setPixelRatio(ratio);
    }
}
