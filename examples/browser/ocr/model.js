/** A shipped model, run by LiteRT.js on the CPU. */
import { loadAndCompile, Tensor } from "@litertjs/core";

export class Model {
  /**
   * @param {string} folder Address of a model folder, with the slash at its end.
   * @param {string} file Which of its files.
   * @returns {Promise<Model>}
   */
  static async open(folder, file = "dynamic_int8.tflite") {
    const response = await fetch(`${folder}config.json`);
    if (!response.ok) throw new Error(`No model at ${folder}: ${response.status}.`);
    const compiled = await loadAndCompile(folder + file, { accelerator: "wasm" });
    return new Model(await response.json(), compiled);
  }

  constructor(config, compiled) {
    this.config = config;
    this.compiled = compiled;
  }

  /**
   * @param {string} signature
   * @param {Object<string, Uint8Array | Int32Array>} inputs Of the signature's shapes.
   * @returns {Promise<Object<string, Float32Array>>} By the names of its outputs.
   */
  async run(signature, inputs) {
    const shapes = this.config.signatures[signature].inputs;
    const tensors = Object.entries(inputs).map(([name, values]) => [
      name,
      new Tensor(values, shapes[name].shape),
    ]);
    const outputs = await this.compiled.run(signature, Object.fromEntries(tensors));
    const results = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      results[name] = (await tensor.data()).slice();
      tensor.delete();
    }
    for (const [, tensor] of tensors) tensor.delete();
    return results;
  }
}
