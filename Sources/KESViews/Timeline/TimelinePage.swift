// A timeline as a page for a browser.

package import KESCore

/// Writes one page (HTML 5) that loads nothing: the picture, its style, and the script that shows
/// details. Its policy lets a browser load nothing else either.
package struct TimelineHTMLEncoder: TimelineEncoder {
  private let window: TimelineWindow

  package init(window: TimelineWindow = TimelineWindow()) { self.window = window }

  package func encode(_ timeline: borrowing Timeline, to output: inout ByteBlock) {
    let picture = TimelineSVGEncoder.picture(of: timeline, window: window, style: nil)
    output.append(
      text: """
        <!DOCTYPE html>
        <html lang="en">
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" \
        content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sessions over time</title>
        <style>\(PictureStyle.sheet)\(PictureStyle.pageSheet)</style>
        <body>
        <div id="picture">
        \(picture)</div>
        <div id="tip"></div>
        <script>\(PageScript.text)</script>
        </body>
        </html>

        """)
  }
}

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

enum PictureStyle {
  static let sheet = """

    svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    .page{fill:#fff}.band{fill:#f4f6f8}.grid{stroke:#d5dce3;stroke-width:1;fill:none}
    text{font-size:12px;fill:#1c2733;unicode-bidi:isolate}
    .title{font-size:20px;font-weight:600}.muted{fill:#5f6b78}.small{font-size:11px}
    .end{text-anchor:end}.middle{text-anchor:middle}
    .bar{stroke-width:1.2}.partial{fill-opacity:.35}
    .completed{fill:#2f9e6e;stroke:#2f9e6e}.timeout{fill:#e39b0b;stroke:#e39b0b}
    .superseded{fill:#9d5fd3;stroke:#9d5fd3}.limit{fill:#dc4c3f;stroke:#dc4c3f}
    .flushed{fill:#1f9db5;stroke:#1f9db5}.purged{fill:#8a96a3;stroke:#8a96a3}
    .open{fill:#3c7de6;stroke:#3c7de6}.plain{fill:#9aa5b1;stroke:#9aa5b1}
    .dots,.faint,.outside{stroke-linecap:round;pointer-events:none}
    .dots{stroke:#fff;stroke-opacity:.9}.outside{stroke:#8a96a3}.crowd{fill:#9aa5b1;fill-opacity:.75}
    @media (prefers-color-scheme:dark){
    .page{fill:#12171d}.band{fill:#192028}.grid{stroke:#2c3742}
    text{fill:#dde4eb}.muted{fill:#93a0ad}
    .completed{fill:#3fb984;stroke:#3fb984}.timeout{fill:#f0b13c;stroke:#f0b13c}
    .superseded{fill:#b583e6;stroke:#b583e6}.limit{fill:#f0695c;stroke:#f0695c}
    .flushed{fill:#3bb9d1;stroke:#3bb9d1}.purged{fill:#78848f;stroke:#78848f}
    .open{fill:#5b97f5;stroke:#5b97f5}.plain{fill:#66727e;stroke:#66727e}
    .dots{stroke:#12171d}.outside{stroke:#93a0ad}.crowd{fill:#66727e}
    }

    """

  /// What a page adds: the box beside the mouse, the line under it, and statuses that are hidden. Where
  /// there is too little room for letters that can be read, the picture scrolls.
  static let pageSheet = """

    html{background:#fff;color-scheme:light dark}
    body{margin:0 auto;max-width:1600px;padding:8px}
    #picture{overflow-x:auto}
    svg{display:block;width:100%;min-width:1080px;height:auto}
    .key{cursor:pointer}.key.off{opacity:.35}.bar:hover{filter:brightness(1.15)}
    .key:focus-visible{outline:2px solid #3c7de6;outline-offset:2px}
    .cross{stroke:#8a96a3;stroke-dasharray:3 3;pointer-events:none}
    #tip{position:fixed;display:none;pointer-events:none;white-space:pre-line;
    max-width:min(420px,calc(100vw - 48px));
    overflow-wrap:anywhere;padding:8px 12px;border-radius:8px;background:#1c2733;color:#fff;
    font:12px/1.5 system-ui,sans-serif;box-shadow:0 4px 16px #0004}
    #tip::first-line{font-weight:600}
    @media (prefers-color-scheme:dark){html{background:#12171d}
    #tip{background:#e8edf2;color:#12171d}}

    """
}
