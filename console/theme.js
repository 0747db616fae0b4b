// Before the page is painted: the colours that were chosen here. Auto follows the system.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  document.documentElement.dataset.theme = ""; // no storage is allowed: the system's colours
}
