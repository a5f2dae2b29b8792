// Along which directions do these vectors spread the most?
//
// Orthogonal iteration on the second moment matrix: multiply a basis by the matrix, orthonormalise, repeat. The basis
// settles on the eigenvectors of the largest eigenvalues, in their order.

import { gaussian, type Random } from "./random.ts";

/** With 4 rounds, described things rank lower (see embed.ts), with 24 no higher; 2026-11-23. */
const ROUNDS = 8;

/**
 * The `count` directions in which `vectors` (n x `dimensions`, row after row) spread the most, widest first, as rows
 * of unit length. The mean is not subtracted first: it makes most of the first direction.
 */
export function principalDirections(
  vectors: Float32Array,
  dimensions: number,
  count: number,
  random: Random,
): Float64Array {
  const moment = secondMoment(vectors, dimensions);
  let basis: Float64Array = Float64Array.from({ length: count * dimensions }, () => gaussian(random));
  orthonormalise(basis, dimensions);
  for (let round = 0; round < ROUNDS; round++) {
    basis = multiplyRows(basis, moment, dimensions);
    orthonormalise(basis, dimensions);
  }
  return basis;
}

/** Sum of `v vᵀ` over the rows; symmetric, `dimensions` x `dimensions`. */
function secondMoment(vectors: Float32Array, dimensions: number): Float64Array {
  const moment = new Float64Array(dimensions * dimensions);
  for (let start = 0; start < vectors.length; start += dimensions) {
    for (let row = 0; row < dimensions; row++) {
      const value = vectors[start + row] as number;
      const into = row * dimensions;
      for (let column = row; column < dimensions; column++) {
        moment[into + column] = (moment[into + column] as number) + value * (vectors[start + column] as number);
      }
    }
  }
  for (let row = 0; row < dimensions; row++) {
    for (let column = 0; column < row; column++) {
      moment[row * dimensions + column] = moment[column * dimensions + row] as number;
    }
  }
  return moment;
}

/** Each row of `rows` times the symmetric `matrix`. */
function multiplyRows(rows: Float64Array, matrix: Float64Array, dimensions: number): Float64Array {
  const product = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += dimensions) {
    for (let i = 0; i < dimensions; i++) {
      const factor = rows[start + i] as number;
      const from = i * dimensions;
      for (let j = 0; j < dimensions; j++) {
        product[start + j] = (product[start + j] as number) + factor * (matrix[from + j] as number);
      }
    }
  }
  return product;
}

/** Modified Gram-Schmidt over the rows, in place. */
function orthonormalise(rows: Float64Array, dimensions: number): void {
  for (let start = 0; start < rows.length; start += dimensions) {
    const row = rows.subarray(start, start + dimensions);
    for (let before = 0; before < start; before += dimensions) {
      const earlier = rows.subarray(before, before + dimensions);
      let overlap = 0;
      for (let i = 0; i < dimensions; i++) overlap += (row[i] as number) * (earlier[i] as number);
      for (let i = 0; i < dimensions; i++) row[i] = (row[i] as number) - overlap * (earlier[i] as number);
    }
    let squares = 0;
    for (let i = 0; i < dimensions; i++) squares += (row[i] as number) ** 2;
    const length = Math.sqrt(squares);
    for (let i = 0; i < dimensions; i++) row[i] = (row[i] as number) / length;
  }
}
