// Where the molecule is looked at from: a rotation (rows of a matrix), a zoom, a mild perspective.

const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const MOST_APART = 60; // atoms: more hide each other from everywhere
const AIR = 0.8; // Å around the middles of atoms
const NEARER = 0.87; // what is near is drawn larger
const SIDES = [0, 0.2, -0.2, 0.4, -0.4, 0.6, -0.6]; // radians

class Camera {
  constructor() {
    this.rotation = IDENTITY;
    this.zoom = 1;
    this.is_as_it_was = true; // since a person has seen it first
  }

  // A little from the side, whichever side shows the atoms farthest apart: from the front, atoms of a symmetric molecule
  // hide each other.
  static for_atoms(positions) {
    const best = { camera: new Camera(), apart: -1 };
    if (positions.length > 3 * MOST_APART) {
      best.camera.turn(SIDES[1], SIDES[1]);
      best.camera.is_as_it_was = true;
      return best.camera;
    }
    for (const horizontal of SIDES) {
      for (const vertical of SIDES) {
        const camera = new Camera();
        camera.turn(horizontal, vertical);
        const apart = camera.smallest_gap(positions);
        if (apart > best.apart * 1.02) Object.assign(best, { camera, apart });
      }
    }
    best.camera.is_as_it_was = true;
    return best.camera;
  }

  // Å between the two atoms that are closest to each other in the picture.
  smallest_gap(positions) {
    const m = this.rotation;
    const flat = [];
    for (let k = 0; k < positions.length; k += 3) {
      const [x, y, z] = positions.subarray(k, k + 3);
      flat.push([m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z]);
    }
    let smallest = Infinity;
    flat.forEach((a, i) => flat.slice(i + 1).forEach((b) => (smallest = Math.min(smallest, Math.hypot(a[0] - b[0], a[1] - b[1])))));
    return smallest;
  }

  // About the vertical and the horizontal axis of the screen, radians.
  turn(horizontal, vertical) {
    this.is_as_it_was = false;
    const [ch, sh, cv, sv] = [Math.cos(horizontal), Math.sin(horizontal), Math.cos(vertical), Math.sin(vertical)];
    this.rotation = product([1, 0, 0, 0, cv, -sv, 0, sv, cv], product([ch, 0, sh, 0, 1, 0, -sh, 0, ch], this.rotation));
  }

  // Together with the rounding of many turns the rows stay orthogonal to about 1e-12, which nobody sees.
  scale_by(factor) {
    this.is_as_it_was = false;
    this.zoom = Math.min(20, Math.max(0.2, this.zoom * factor));
  }

  // Å: the radius that, filling a picture of this size, leaves every atom in it as it is seen now.
  radius_for(positions, width, height) {
    const m = this.rotation;
    let [across, up] = [0, 0];
    for (let k = 0; k < positions.length; k += 3) {
      const [x, y, z] = positions.subarray(k, k + 3);
      across = Math.max(across, Math.abs(m[0] * x + m[1] * y + m[2] * z));
      up = Math.max(up, Math.abs(m[3] * x + m[4] * y + m[5] * z));
    }
    const scale = 0.5 * NEARER * Math.min(width / (across + AIR), height / (up + AIR));
    return filled(width, height) / scale;
  }

  // (x, y, z) → pixels of a picture of this size; `radius` Å fill it at zoom 1. `s` is pixels per Å at that depth.
  projection(width, height, radius) {
    const m = this.rotation;
    const fit = (filled(width, height) * this.zoom) / radius;
    const distance = 6 * radius;
    return (x, y, z) => {
      const depth = m[6] * x + m[7] * y + m[8] * z;
      const s = (fit * distance) / Math.max(distance - depth, 0.1 * distance);
      return {
        x: width / 2 + s * (m[0] * x + m[1] * y + m[2] * z),
        y: height / 2 - s * (m[3] * x + m[4] * y + m[5] * z),
        z: depth,
        s,
      };
    };
  }
}

// Pixels of a radius that fills a picture.
function filled(width, height) {
  return 0.46 * Math.min(width, height * 1.5);
}

function product(a, b) {
  return a.map((_, k) => {
    const row = 3 * Math.floor(k / 3);
    return a[row] * b[k % 3] + a[row + 1] * b[3 + (k % 3)] + a[row + 2] * b[6 + (k % 3)];
  });
}
