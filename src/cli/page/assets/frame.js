// The frame of a page: heading, links to its sections, and paper, which shows what is folded on the screen.

function header(brand, title, line) {
  document.title = `${title} · Oreo report`;
  document.getElementById("top").append(element("p", { class: "brand" }, brand), element("h1", {}, title), element("p", { class: "quiet" }, line));
}

function navigation(sections) {
  const link = (part) => element("a", { href: `#${part.id}` }, part.querySelector("h2").textContent);
  document.getElementById("contents").append(...sections.filter((part) => part.querySelector("h2")).map(link));
}

function show_sections(sections) {
  const there = sections.filter(Boolean);
  document.getElementById("main").append(...there);
  navigation(there);
  draw_everything();
  document.documentElement.dataset.ready = "true";
}

let on_paper = false;

window.addEventListener("beforeprint", () => {
  on_paper = true;
  document.querySelectorAll("details").forEach((node) => (node.open = true));
  draw_everything();
});
window.addEventListener("afterprint", () => {
  on_paper = false;
  draw_everything();
});

if (location.hash === "#self-check") window.addEventListener("load", () => setTimeout(self_check, 100));
