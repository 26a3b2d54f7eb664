using static ModelZoo.Plots.Markup;

namespace ModelZoo.Drawing;

/// <summary>What every page has around its content: the head, the style sheet, and a policy that forbids the page to load anything.</summary>
public static class PageFrame
{
    private const string Style = """
        :root { color-scheme: light dark; --back: #ffffff; --text: #1b1f24; --soft: #57606a; --rule: #d0d7de; --panel: #f6f8fa;
          --ok: #1a7f37; --ok-back: #e6f4ea; --bad: #c1121f; --bad-back: #fde8e8; --open: #6e7781; --open-back: #eceff2; --line: #6e7781; --link: #0b57d0; }
        @media (prefers-color-scheme: dark) { :root { --back: #0f1318; --text: #e6edf3; --soft: #9aa4af; --rule: #343b44; --panel: #181e25;
          --ok: #4cc26b; --ok-back: #12301c; --bad: #ff7b72; --bad-back: #45161a; --open: #9aa4af; --open-back: #2a313a; --line: #8b949e; --link: #8ab4f8; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1rem clamp(0.75rem, 2.5vw, 2rem) 3rem; max-width: 100rem; background: var(--back); color: var(--text);
        font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
        h1 { font-size: 1.6rem; margin: 0.3rem 0; } h2 { font-size: 1.15rem; margin: 1.8rem 0 0.5rem; }
        a { color: var(--link); } p { margin: 0.4rem 0; max-width: 75ch; } small { color: var(--soft); }
        p.headline { font-size: 1.1rem; font-weight: 600; padding: 0.5rem 0.8rem; border-left: 5px solid; border-radius: 4px; max-width: none; }
        p.ok, .legend .ok { color: var(--ok); background: var(--ok-back); } p.bad, .legend .bad { color: var(--bad); background: var(--bad-back); }
        p.bad { padding: 0.5rem 0.8rem; border-radius: 4px; max-width: none; }
        .legend { color: var(--soft); font-size: 0.87rem; max-width: none; }
        .legend span { display: inline-block; padding: 0 0.5em; margin-right: 0.3em; border-radius: 4px; border: 1px solid currentColor; }
        .legend .open { color: var(--open); border-style: dashed; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0.8rem 0; } dt { color: var(--soft); } dd { margin: 0; }
        .scroll { overflow-x: auto; max-width: 100%; }
        .scroll:focus-visible, a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
        .network { display: flex; gap: 0.8rem; align-items: flex-start; } .network > details { flex: none; }
        .sections { display: flex; flex-wrap: wrap; gap: 0.8rem; align-items: flex-start; min-width: 0; }
        @media (max-width: 50rem) { .network { flex-direction: column; } .network > details { max-width: 100%; } dl { grid-template-columns: 1fr; }
        dd { margin-bottom: 0.4rem; } }
        details, .panel { border: 1px solid var(--rule); border-radius: 6px; padding: 0.4rem 0.7rem; background: var(--panel); max-width: 100%; min-width: 0;
        margin: 0; }
        summary { cursor: pointer; } summary small { display: block; } details[open] > summary { margin-bottom: 0.4rem; } 
        pre { margin: 0; padding: 0.6rem 0.8rem; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px;
        font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; white-space: pre; width: max-content; min-width: 100%; }
        table { border-collapse: collapse; font-size: 0.87rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
        table + details, .scroll + details { margin-top: 0.7rem; }
        th, td { padding: 0.2rem 0.65rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; white-space: nowrap; }
        th { color: var(--soft); font-weight: 600; } .r { text-align: right; }
        td.verdict { white-space: normal; min-width: 11rem; max-width: 34rem; } tr.ok td.verdict { color: var(--ok); }
        tr.bad td { background: var(--bad-back); } tr.bad td.verdict { color: var(--bad); } tr.open td { background: var(--open-back); }
        tr:target td { outline: 2px solid var(--link); outline-offset: -2px; }
        svg { display: block; font: 11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; } svg text { fill: var(--text); }
        svg a { text-decoration: none; } svg a:hover rect { stroke-width: 2.5; }
        svg .ok rect { fill: var(--ok-back); stroke: var(--ok); } svg .bad rect { fill: var(--bad-back); stroke: var(--bad); stroke-width: 3; }
        svg .open rect { fill: url(#hatch); stroke: var(--open); stroke-dasharray: 5 3; } svg .end rect { fill: var(--back); stroke: var(--rule); }
        svg .end text { fill: var(--soft); }
        svg text.name, svg text.mark { font-weight: 700; } svg .ok .mark { fill: var(--ok); } svg .bad .mark { fill: var(--bad); }
        svg text.corner { fill: var(--soft); text-anchor: end; font-size: 9.5px; }
        svg .open text { paint-order: stroke; stroke: var(--back); stroke-width: 3px; }
        svg rect.frame { fill: none; stroke: var(--soft); stroke-dasharray: 2 3; }
        svg text.label { fill: var(--soft); paint-order: stroke; stroke: var(--panel); stroke-width: 4px; }
        svg :target rect { stroke: var(--link); stroke-width: 4; }
        svg .line { fill: none; stroke: var(--line); stroke-width: 1.3; } svg .tip { fill: var(--line); }
        svg .tick { fill: var(--soft); } svg .grid { stroke: var(--rule); } svg .limit { stroke: var(--bad); stroke-dasharray: 6 3; stroke-width: 1.5; }
        svg .output { fill: var(--ok); } svg .gradient { fill: var(--back); stroke: var(--link); stroke-width: 1.4; }
        svg .cross { stroke: var(--bad); stroke-width: 2.5; fill: none; }
        .hatch { position: absolute; width: 0; height: 0; } .hatch rect { fill: var(--open-back); }
        .hatch path { stroke: var(--open); stroke-width: 1; opacity: 0.55; }
        @media print { body { max-width: none; } details { break-inside: avoid; } }
        """;

    /// <summary>Writes a page.</summary>
    /// <param name="title">Its title, unescaped.</param>
    /// <param name="body">What is on it: well-formed XML.</param>
    /// <param name="style">Rules of a style sheet besides those that every page has.</param>
    /// <param name="images">Whether the page may show images that it holds itself (data URIs).</param>
    public static string Write(string title, string body, string style = "", bool images = false) =>
        $"""
        <!DOCTYPE html>
        <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'{(images ? "; img-src data:" : "")}"/>
        <title>{Escape(title)}</title>
        <style>
        {Style}{(style.Length > 0 ? $"\n{style}" : "")}
        </style>
        </head>
        <body>
        <svg class="hatch" aria-hidden="true" xmlns="http://www.w3.org/2000/svg"><defs>
        <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="7" height="7"/><path d="M0 0V7"/></pattern></defs></svg>
        {body}
        </body>
        </html>

        """;
}
