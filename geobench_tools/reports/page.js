"use strict";
(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const order = ["auto", "light", "dark"];
  const remembered = () => {
    try { return localStorage.getItem("geor1-theme"); } catch { return null; }
  };
  const apply = (theme) => {
    if (theme === "auto") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
    button.textContent = `Theme: ${theme}`;
    button.dataset.theme = theme;
    try { localStorage.setItem("geor1-theme", theme); } catch { /* private window */ }
    document.dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => {
    apply(order[(order.indexOf(button.dataset.theme) + 1) % order.length]);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    document.dispatchEvent(new Event("themechange"));
  });
  apply(order.includes(remembered()) ? remembered() : "auto");

  // What scrolls sideways has to be within reach of the keyboard.
  const reach = (box) => {
    const named = box.querySelector("caption")?.textContent || "Table";
    const wanted = { tabindex: "0", role: "region", "aria-label": named };
    const scrolls = box.scrollWidth > box.clientWidth;
    for (const [name, value] of Object.entries(wanted)) {
      if (scrolls) box.setAttribute(name, value);
      else box.removeAttribute(name);
    }
  };
  const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => reach(target)));
  for (const box of document.querySelectorAll(".scroll")) {
    reach(box);
    resized.observe(box);
  }
})();
