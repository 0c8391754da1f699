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
  const boxes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const named = target.querySelector("caption")?.textContent || "Table";
      const wanted = { tabindex: "0", role: "region", "aria-label": named };
      const scrolls = target.scrollWidth > target.clientWidth;
      for (const [name, value] of Object.entries(wanted)) {
        if (scrolls) target.setAttribute(name, value);
        else target.removeAttribute(name);
      }
    }
  });
  for (const box of document.querySelectorAll(".scroll")) boxes.observe(box);
})();
