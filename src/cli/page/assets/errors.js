// Whatever goes wrong is written on the page itself and into <html data-problems>, where a test without a debugger
// finds it. First of all files, so that it sees the problems of the others.

const problems = [];

function report_problem(text) {
  problems.push(String(text));
  document.documentElement.dataset.problems = JSON.stringify(problems);
}

window.addEventListener("error", (event) => report_problem(event.message));
window.addEventListener("unhandledrejection", (event) => report_problem(event.reason));
document.addEventListener("securitypolicyviolation", (event) => {
  report_problem(`blocked: ${event.violatedDirective} ${event.blockedURI}`);
});
