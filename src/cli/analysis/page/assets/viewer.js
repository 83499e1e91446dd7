// The trajectory to look at: frames of one replica on a canvas, with a slider, play, rotation and zoom.
//
// Pointer: drag rotates, two fingers or the wheel (once the picture was clicked) zoom, double click looks from the front
// again. Keys on the picture: arrows rotate, + and − zoom, 0 resets, space plays, comma and full stop step.

const TURN = 0.12; // radians a key
const DRAG = 0.008; // radians a pixel
const RATES = [5, 10, 20, 40]; // frames a second

function viewer_section(replicas) {
  const seen = replicas.filter(({ curves }) => curves && curves.movie && curves.movie.frames.length > 0);
  if (seen.length === 0) {
    const text = replicas.some(({ curves }) => curves) ? "The system has too many atoms for frames inside a page; open the trajectory in a viewer." : null;
    return text ? section("trajectory", "Trajectory", element("p", { class: "reason" }, text)) : null;
  }
  const viewer = new Viewer(seen);
  const made = section("trajectory", "Trajectory", viewer.node);
  made.viewer = viewer;
  return made;
}

class Viewer {
  constructor(replicas) {
    this.replicas = replicas;
    this.camera = new Camera();
    this.playing = false;
    this.pointers = new Map();
    this.build();
    this.listen();
    this.show_replica(replicas.findIndex(({ numbers }) => blamed_atoms(numbers).length > 0));
  }

  build() {
    const button = (label, action, more) => element("button", { type: "button", onclick: action, ...more }, label);
    this.canvas = element("canvas", { tabindex: 0, role: "img", "aria-describedby": "viewer-keys" });
    this.slider = element("input", { type: "range", id: "viewer-frame", min: 0, max: 0, step: 1, value: 0, oninput: () => this.go(Number(this.slider.value)) });
    this.play = button("Play", () => this.set_playing(!this.playing), { class: "primary", "aria-pressed": "false" });
    this.where = element("output", { for: "viewer-frame", class: "where" });
    this.note = element("p", { class: "broken-note" });
    this.to_break = button("Show the break", () => this.go(this.broken));
    this.labels = element("input", { type: "checkbox", onchange: () => this.draw() });
    this.which = this.select("Replica", this.replicas.map(({ name }, k) => [k, name]), (k) => this.show_replica(k));
    this.rate = this.select("Speed", RATES.map((rate) => [rate, `${rate} frames/s`]), () => {});
    this.rate.control.value = 20;
    const keys = element("p", { id: "viewer-keys", class: "quiet keys" },
      "Drag or arrow keys rotate, + and − zoom (or the wheel after a click, or two fingers), space plays, comma and full stop step, 0 resets. Atoms count from 0.");
    this.about = element("p", { class: "quiet" });
    this.node = element("div", { class: "viewer" },
      element("div", { class: "stage" }, this.canvas),
      element("div", { class: "timeline" }, this.play, element("label", { class: "spoken", for: "viewer-frame" }, "Frame"), this.slider),
      this.where, this.note,
      element("div", { class: "controls" },
        this.replicas.length > 1 ? this.which.node : null, this.rate.node,
        element("label", {}, this.labels, " Labels"), this.to_break,
        button("Reset view", () => this.reset())),
      keys, this.about);
  }

  select(label, options, change) {
    const control = element("select", { onchange: () => change(Number(control.value)) }, options.map(([value, text]) => element("option", { value }, text)));
    return { control, node: element("label", {}, `${label} `, control) };
  }

  show_replica(index) {
    this.index = Math.max(0, index);
    this.which.control.value = this.index;
    const { run, numbers, curves } = this.replicas[this.index];
    this.movie = curves.movie;
    this.positions = shorts(this.movie.positions);
    this.scales = floats(this.movie.scale_a);
    this.molecule = run.molecule;
    this.box = box_of(this.movie.cell_a);
    this.marked = blamed_atoms(numbers);
    this.threshold = numbers.stability.bond_threshold_a;
    this.count = this.movie.frames.length;
    this.slider.max = this.count - 1;
    this.note.textContent = broken_note(numbers, run);
    const broken = numbers.stability.first_broken_frame;
    this.broken = broken ? this.movie.frames.indexOf(broken.frame) : -1;
    this.to_break.hidden = this.broken < 0;
    const laid = this.movie.superposed ? " Each frame is laid on the first one." : "";
    this.about.textContent = `${this.count} of ${count(numbers.frames)} saved frames are in this page.${laid}`;
    this.canvas.setAttribute("aria-label", `Ball and stick picture of ${numbers.formula}, ${this.replicas[this.index].name}`);
    this.look_from_the_front();
    this.go(0);
  }

  frame(k) {
    const size = 3 * this.molecule.elements.length;
    const scale = this.scales[k];
    return Float32Array.from(this.positions.subarray(k * size, (k + 1) * size), (v) => v * scale);
  }

  go(k) {
    this.at = Math.min(this.count - 1, Math.max(0, k));
    this.slider.value = this.at;
    const { numbers } = this.replicas[this.index];
    const times = this.movie.times_ps;
    const time = times ? ` · ${picoseconds(times[this.at])} ps` : "";
    const text = `Frame ${count(this.movie.frames[this.at])} (0 to ${count(numbers.frames - 1)})${time}`;
    this.slider.setAttribute("aria-valuetext", text);
    this.where.textContent = text + this.worst_bond();
    this.draw();
  }

  worst_bond() {
    const positions = this.frame(this.at);
    let worst = null;
    for (const [i, j, reference] of this.molecule.bonds) {
      const off = Math.abs(Math.hypot(...bond_vector(positions, i, j, this.box)) - reference);
      if (!worst || off > worst.off) worst = { i, j, off };
    }
    if (!worst) return "";
    const name = (k) => `${this.molecule.elements[k]}${k}`;
    return ` · bond ${name(worst.i)}–${name(worst.j)} is ${worst.off.toFixed(2)} Å off, the most of all`;
  }

  draw() {
    fit_canvas(this.canvas);
    // Of the first frame, for a broken molecule may end anywhere.
    if (!this.radius) this.radius = this.camera.radius_for(this.frame(0), this.canvas.width, this.canvas.height);
    paint_molecule(this.canvas, this.camera, this.radius, {
      molecule: this.molecule, positions: this.frame(this.at), box: this.box, marked: this.marked,
      threshold: this.threshold, labels: this.labels.checked, sharpness: sharpness(), colours: theme_colours(),
    });
  }

  set_playing(playing) {
    this.playing = playing;
    this.play.textContent = playing ? "Pause" : "Play";
    this.play.setAttribute("aria-pressed", String(playing));
    if (!playing) return;
    if (this.at === this.count - 1) this.go(0);
    let before = performance.now();
    const step = (now) => {
      if (!this.playing) return;
      if (now - before >= 1000 / Number(this.rate.control.value)) {
        before = now;
        if (this.at === this.count - 1) return this.set_playing(false);
        this.go(this.at + 1);
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  look_from_the_front() {
    this.camera = Camera.for_atoms(this.frame(0));
    this.radius = null;
  }

  reset() {
    this.look_from_the_front();
    this.draw();
  }

  turn(horizontal, vertical) {
    this.camera.turn(horizontal, vertical);
    this.draw();
  }

  zoom(factor) {
    this.camera.scale_by(factor);
    this.draw();
  }

  listen() {
    const { canvas, pointers } = this;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, event);
    });
    const forget = (event) => pointers.delete(event.pointerId);
    canvas.addEventListener("pointerup", forget);
    canvas.addEventListener("pointercancel", forget);
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("dblclick", () => this.reset());
    canvas.addEventListener("keydown", (event) => this.key(event));
    // A wheel over a picture that nobody has chosen scrolls the page.
    canvas.addEventListener("wheel", (event) => {
      if (document.activeElement !== canvas) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.0015));
    }, { passive: false });
    on_resize(canvas, () => this.resized());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  // A picture that nobody has turned is fitted again.
  resized() {
    if (this.camera.is_as_it_was) this.radius = null;
    this.draw();
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    if (this.pointers.size === 1) this.turn((event.clientX - before.clientX) * DRAG, (event.clientY - before.clientY) * DRAG);
    else {
      const [other] = [...this.pointers.values()].filter((one) => one.pointerId !== event.pointerId);
      const apart = (one) => Math.max(10, Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY));
      this.zoom(apart(event) / apart(before));
    }
    this.pointers.set(event.pointerId, event);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowLeft: () => this.turn(-TURN, 0),
      ArrowRight: () => this.turn(TURN, 0),
      ArrowUp: () => this.turn(0, -TURN),
      ArrowDown: () => this.turn(0, TURN),
      "+": () => this.zoom(1.2),
      "=": () => this.zoom(1.2),
      "-": () => this.zoom(1 / 1.2),
      0: () => this.reset(),
      " ": () => this.set_playing(!this.playing),
      ",": () => this.go(this.at - 1),
      ".": () => this.go(this.at + 1),
      Home: () => this.go(0),
      End: () => this.go(this.count - 1),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }
}

// Of the bond that stopped the run, or that is broken in a saved frame.
function blamed_atoms(numbers) {
  const { by_every_step: verdict, first_broken_frame: broken } = numbers.stability;
  if (verdict && verdict.atoms && verdict.atoms.length) return verdict.atoms;
  return broken ? broken.atoms : [];
}

function broken_note(numbers, run) {
  const { by_every_step: verdict, first_broken_frame: broken } = numbers.stability;
  const atoms = blamed_atoms(numbers).map((k) => `${run.molecule.elements[k]}${k}`).join("–");
  if (!atoms) return "";
  if (broken) return `${atoms} is highlighted: first broken in saved frame ${broken.frame}.`;
  return `${atoms} is highlighted: it ended the run at step ${count(verdict.step)}, after the last saved frame.`;
}

// Pixels of the screen per pixel of the style sheet; more than two are invisible and slow.
function sharpness() {
  return Math.min(2, window.devicePixelRatio || 1);
}

function fit_canvas(canvas) {
  const width = Math.round((canvas.clientWidth || 640) * sharpness());
  const height = Math.round((canvas.clientHeight || 420) * sharpness());
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
}

// A canvas does not know the style sheet; paper is white whatever the screen is.
const ON_PAPER = { paper: "#ffffff", ink: "#000000", muted: "#444c55", warning: "#b83a00" };

function theme_colours() {
  if (on_paper) return ON_PAPER;
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return { paper: of("surface"), ink: of("ink"), muted: of("muted"), warning: of("bad") };
}
