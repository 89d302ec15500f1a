// What a page with a timeline does: details under the mouse, statuses that hide.

enum PageScript {
  /// Names reach the page as text alone (`textContent`), never as markup.
  static let text = """

    const svg = document.querySelector("svg"), tip = document.getElementById("tip");
    const read = name => Number(svg.dataset[name]);
    const [first, last, left, right] = ["first", "last", "left", "right"].map(read);
    for (const title of svg.querySelectorAll("title")) {
      title.parentNode.tip = title.textContent;
      title.remove();
    }
    const cross = document.createElementNS(svg.namespaceURI, "line");
    cross.setAttribute("class", "cross");
    svg.append(cross);
    svg.addEventListener("mousemove", event => {
      const x = event.offsetX * svg.viewBox.baseVal.width / svg.clientWidth;
      const isInside = x >= left && x <= right;
      const height = svg.viewBox.baseVal.height - 50;
      const place = { x1: x, x2: x, y1: 120, y2: isInside ? height : 120 };
      for (const name in place) cross.setAttribute(name, place[name]);
      const time = first + (x - left) / (right - left) * Math.max(1, last - first);
      const date = new Date(time);
      const moment = isInside && !isNaN(date) ? date.toISOString().slice(11, 23) + " UTC" : "";
      tip.textContent = event.target.tip || moment;
      tip.style.display = tip.textContent ? "block" : "none";
      const over = event.clientX + tip.offsetWidth + 24 > innerWidth;
      const under = event.clientY + tip.offsetHeight + 24 > innerHeight;
      tip.style.left = event.clientX + (over ? -tip.offsetWidth - 12 : 14) + "px";
      tip.style.top = event.clientY + (under ? -tip.offsetHeight - 8 : 16) + "px";
    });
    svg.addEventListener("mouseleave", () => { tip.style.display = "none"; });
    for (const key of svg.querySelectorAll(".key")) {
      const toggle = () => {
        const isOff = key.classList.toggle("off");
        key.setAttribute("aria-pressed", !isOff);
        for (const bar of svg.querySelectorAll(".rows ." + key.dataset.status))
          bar.style.display = isOff ? "none" : "";
      };
      key.setAttribute("role", "button");
      key.setAttribute("aria-pressed", "true");
      key.setAttribute("tabindex", "0");
      key.addEventListener("click", toggle);
      key.addEventListener("keydown", event => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); }
      });
    }

    """
}
