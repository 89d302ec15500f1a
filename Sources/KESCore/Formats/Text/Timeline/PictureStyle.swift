// The style sheet of pictures of timelines, for light and dark.

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
