// Colours of curves: Okabe & Ito (2008), which people with any colour vision tell apart; dark and light values are in
// theme.css. Beyond six, dashes tell curves apart. Colours of elements: the custom of the field (Corey, Pauling, Koltun).

const SERIES_COLOURS = 6;
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];

function series_class(index) {
  return `series-${index % SERIES_COLOURS}`;
}

function series_dash(index) {
  return DASHES[Math.floor(index / SERIES_COLOURS) % DASHES.length];
}

const ELEMENT_COLOURS = {
  H: [226, 230, 234], C: [96, 103, 112], N: [64, 105, 225], O: [218, 52, 40], F: [110, 190, 80],
  Cl: [50, 170, 60], Br: [150, 60, 40], I: [130, 40, 150], S: [228, 190, 40], P: [240, 140, 40],
  B: [240, 170, 160], Si: [200, 170, 130], He: [190, 230, 235], Ne: [150, 210, 230], Ar: [110, 190, 215],
  Kr: [90, 165, 190], Xe: [70, 140, 170], Li: [150, 100, 210], Na: [140, 90, 220], K: [130, 80, 200],
  Mg: [80, 150, 60], Ca: [90, 160, 80], Fe: [210, 110, 50], Cu: [190, 120, 60], Zn: [125, 130, 175],
};
const OTHER_ELEMENTS = [205, 120, 170];

function element_colour(symbol) {
  return ELEMENT_COLOURS[symbol] || OTHER_ELEMENTS;
}
