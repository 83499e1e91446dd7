// Balls and sticks on a canvas, far ones first. A ball is a shaded picture of its element, painted once and scaled.

const BALL_SIZE = 96;
const STICK_RADIUS = 0.09; // Å
const FINE_DRAWING = 1500; // atoms beyond which shading of sticks and fog are left out
const balls = new Map();

function ball_radius(covalent) {
  return 0.16 + 0.3 * covalent;
}

function rgb([r, g, b], light) {
  const mix = (v) => Math.round(light < 0 ? v * (1 + light) : v + (255 - v) * light);
  return `rgb(${mix(r)},${mix(g)},${mix(b)})`;
}

function ball(symbol) {
  if (balls.has(symbol)) return balls.get(symbol);
  const canvas = element("canvas", { width: BALL_SIZE, height: BALL_SIZE });
  const pen = canvas.getContext("2d");
  const middle = BALL_SIZE / 2;
  const shade = pen.createRadialGradient(middle * 0.72, middle * 0.66, middle * 0.05, middle, middle, middle * 0.98);
  const colour = element_colour(symbol);
  shade.addColorStop(0, rgb(colour, 0.62));
  shade.addColorStop(0.35, rgb(colour, 0.12));
  shade.addColorStop(0.82, rgb(colour, -0.2));
  shade.addColorStop(1, rgb(colour, -0.5));
  pen.fillStyle = shade;
  pen.beginPath();
  pen.arc(middle, middle, middle * 0.97, 0, 2 * Math.PI);
  pen.fill();
  balls.set(symbol, canvas);
  return canvas;
}

// Vector from atom i to atom j; in a box to the nearest image. Rounding is enough for bonds, which are short.
function bond_vector(positions, i, j, box) {
  let d = [0, 1, 2].map((k) => positions[3 * j + k] - positions[3 * i + k]);
  if (box) {
    for (const axis of [2, 1, 0]) {
      const shift = Math.round(dot(box.inverse[axis], d));
      d = d.map((v, k) => v - shift * box.rows[axis][k]);
    }
  }
  return d;
}

function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a, b) {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

// Rows a, b, c and the rows of the inverse: fractional coordinate k of r is inverse[k] · r.
function box_of(rows) {
  if (!rows) return null;
  const [a, b, c] = rows;
  const volume = dot(a, cross(b, c));
  const over = (v) => v.map((x) => x / volume);
  return { rows, inverse: [over(cross(b, c)), over(cross(c, a)), over(cross(a, b))] };
}

// scene = { molecule, positions, box, marked: [atoms], threshold, labels, colours: { paper, ink, warning } }
function paint_molecule(canvas, camera, radius, scene) {
  const { width, height } = canvas;
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  const project = camera.projection(width, height, radius);
  const { molecule, positions } = scene;
  const at = (k) => project(positions[3 * k], positions[3 * k + 1], positions[3 * k + 2]);
  const places = molecule.elements.map((_, k) => at(k));
  const fine = molecule.elements.length <= FINE_DRAWING;
  if (scene.box) paint_box(pen, project, scene);
  const things = [...places.map((place, atom) => ({ z: place.z, atom, place })), ...sticks(scene, project)];
  things.sort((a, b) => a.z - b.z);
  const depths = things.map((thing) => thing.z);
  const fog = { far: depths[0], span: Math.max(1e-6, depths[depths.length - 1] - depths[0]), paper: scene.colours.paper };
  for (const thing of things) {
    if (thing.atom === undefined) paint_stick(pen, thing, scene, fine, fog);
    else paint_ball(pen, thing, scene, fine, fog);
  }
  if (scene.labels) paint_labels(pen, places, scene);
  if (scene.marked.length === 2) paint_length(pen, places, scene);
}

// Two halves a bond, each in the colour of its atom; in a box each leaves its own atom.
function sticks(scene, project) {
  const { molecule, positions, box } = scene;
  return molecule.bonds.flatMap(([i, j, reference]) => {
    const d = bond_vector(positions, i, j, box);
    const length = Math.hypot(...d);
    const broken = Math.abs(length - reference) > scene.threshold;
    const marked = scene.marked.includes(i) && scene.marked.includes(j);
    return [[i, 0.5], [j, -0.5]].map(([atom, part]) => {
      const along = (share) => project(...[0, 1, 2].map((k) => positions[3 * atom + k] + share * d[k]));
      // From just below the surface of the ball: a stick that began in its middle would be painted over it.
      const surface = Math.min(0.5, (0.85 * ball_radius(molecule.covalent_radii_a[atom])) / Math.max(length, 1e-6));
      const [from, middle] = [along(2 * surface * part), along(part)];
      return { z: (from.z + middle.z) / 2, from, to: middle, symbol: molecule.elements[atom], broken, marked };
    });
  });
}

function paint_stick(pen, stick, scene, fine, fog) {
  const width = 2 * STICK_RADIUS * (stick.from.s + stick.to.s) / 2;
  const stroke = (colour, thickness) => {
    pen.strokeStyle = colour;
    pen.lineWidth = thickness;
    pen.beginPath();
    pen.moveTo(stick.from.x, stick.from.y);
    pen.lineTo(stick.to.x, stick.to.y);
    pen.stroke();
  };
  pen.lineCap = "butt";
  pen.setLineDash(stick.broken ? [width, width * 0.7] : []);
  const colour = element_colour(stick.symbol);
  if (stick.marked || stick.broken) stroke(scene.colours.warning, width * 1.25);
  else {
    stroke(rgb(colour, -0.45), width);
    if (fine) {
      stroke(rgb(colour, -0.05), width * 0.66);
      stroke(rgb(colour, 0.35), width * 0.22);
    }
  }
  pen.setLineDash([]);
  if (fine) {
    pen.globalAlpha = fog_of(stick.z, fog);
    stroke(fog.paper, width);
    pen.globalAlpha = 1;
  }
}

function fog_of(z, fog) {
  return 0.45 * (1 - (z - fog.far) / fog.span);
}

function paint_ball(pen, { atom, place, z }, scene, fine, fog) {
  const { molecule } = scene;
  const radius = ball_radius(molecule.covalent_radii_a[atom]) * place.s;
  if (radius < 0.3) return;
  pen.drawImage(ball(molecule.elements[atom]), place.x - radius, place.y - radius, 2 * radius, 2 * radius);
  const disc = (r) => {
    pen.beginPath();
    pen.arc(place.x, place.y, r, 0, 2 * Math.PI);
  };
  if (fine) {
    pen.globalAlpha = fog_of(z, fog);
    pen.fillStyle = fog.paper;
    disc(radius);
    pen.fill();
    pen.globalAlpha = 1;
  }
  if (scene.marked.includes(atom)) {
    pen.strokeStyle = scene.colours.warning;
    pen.lineWidth = Math.max(2, radius * 0.14);
    disc(radius * 1.16);
    pen.stroke();
  }
}

function paint_labels(pen, places, scene) {
  const size = Math.max(11, Math.min(20, 0.35 * places[0].s)) * scene.sharpness;
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineWidth = 3 * scene.sharpness;
  pen.lineJoin = "round";
  scene.molecule.elements.forEach((symbol, k) => outlined(pen, `${symbol}${k}`, places[k].x, places[k].y, scene));
}

function outlined(pen, text, x, y, scene) {
  pen.strokeStyle = scene.colours.paper;
  pen.strokeText(text, x, y);
  pen.fillStyle = scene.colours.ink;
  pen.fillText(text, x, y);
}

// Names and length of the bond that is to blame, beside it.
function paint_length(pen, places, scene) {
  const [i, j] = scene.marked;
  if (!places[i] || !places[j]) return;
  const names = [i, j].map((k) => `${scene.molecule.elements[k]}${k}`).join("–");
  const length = Math.hypot(...bond_vector(scene.positions, i, j, scene.box));
  pen.font = `600 ${14 * scene.sharpness}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "bottom";
  pen.lineWidth = 4 * scene.sharpness;
  pen.lineJoin = "round";
  const top = Math.min(places[i].y, places[j].y) - 0.75 * Math.max(places[i].s, places[j].s);
  const x = (places[i].x + places[j].x) / 2;
  const half = 70 * scene.sharpness;
  const inside = Math.min(pen.canvas.width - half, Math.max(half, x));
  outlined(pen, `${names} ${length.toFixed(2)} Å`, inside, Math.max(20 * scene.sharpness, top), { colours: { paper: scene.colours.paper, ink: scene.colours.warning } });
}

function paint_box(pen, project, scene) {
  const { rows } = scene.box;
  const corner = (bits) => {
    const part = (k, axis) => ((bits >> axis) & 1 ? 0.5 : -0.5) * rows[axis][k];
    return project(...[0, 1, 2].map((k) => part(k, 0) + part(k, 1) + part(k, 2)));
  };
  pen.strokeStyle = scene.colours.muted;
  pen.lineWidth = scene.sharpness;
  for (let bits = 0; bits < 8; bits++) {
    for (let axis = 0; axis < 3; axis++) {
      if ((bits >> axis) & 1) continue;
      const [a, b] = [corner(bits), corner(bits | (1 << axis))];
      pen.beginPath();
      pen.moveTo(a.x, a.y);
      pen.lineTo(b.x, b.y);
      pen.stroke();
    }
  }
}
