import Web
import Workspaces

/// The one style and the one script of these pages. Both stand in the page: there is nothing to build and nothing to load.
enum PageLook {
    static let frame = PageFrame(style: style, script: script)

    static let style: HTML = """

        :root {
          color-scheme: light dark;
          --ink: #1b1f24; --soft: #5c6470; --line: #e1e4e8; --ground: #f7f8fa; --card: #ffffff; --accent: #0a5cc2;
          --good: #1a7f37; --warn: #8f5f00; --bad: #b42318; --tint: #eef4fc; --warntint: #fff6e0;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ink: #e2e6eb; --soft: #98a2b0; --line: #2b323b; --ground: #12161b; --card: #191e25; --accent: #79b0ff;
            --good: #56c271; --warn: #dfae4c; --bad: #ff8b80; --tint: #1c2735; --warntint: #2c2614;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; color: var(--ink); background: var(--ground); font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
        a { color: var(--accent); text-decoration: none; }
        a:hover { text-decoration: underline; }
        header.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem 1.1rem; padding: .5rem 1rem;
          background: var(--card); border-bottom: 1px solid var(--line); }
        header.bar .brand { font-weight: 650; color: var(--ink); }
        header.bar nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
        header.bar nav a[aria-current] { color: var(--ink); font-weight: 600; box-shadow: 0 2px 0 var(--accent); }
        header.bar form { margin-left: auto; display: flex; align-items: center; gap: .6rem; color: var(--soft); }
        main { max-width: 86rem; margin: 0 auto; padding: 1rem; }
        h1 { font-size: 1.2rem; line-height: 1.3; margin: 0 0 .8rem; overflow-wrap: anywhere; }
        h2 { font-size: .95rem; margin: 1.4rem 0 .45rem; }
        p { margin: .4rem 0; }
        .asof { color: var(--soft); margin: 0 0 .4rem; }
        .wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
        table { width: 100%; border-collapse: collapse; }
        th, td { padding: .32rem .7rem; text-align: left; vertical-align: top; white-space: nowrap; border-top: 1px solid var(--line); }
        thead th { border-top: 0; font-size: .82em; font-weight: 600; color: var(--soft); }
        tbody tr:hover { background: var(--tint); }
        .n { text-align: right; font-variant-numeric: tabular-nums; }
        td.text { white-space: normal; min-width: 15rem; overflow-wrap: anywhere; color: var(--soft); }
        time, dd, .num { font-variant-numeric: tabular-nums; }
        .id, code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .92em; }
        .none, .unknown { color: var(--soft); }
        .unknown { border-bottom: 1px dotted; cursor: help; }
        .state { display: inline-block; padding: 0 .5em; border: 1px solid; border-radius: 99px; font-size: .84em; color: var(--soft); }
        .state.done, .state.working, .state.replayed { color: var(--good); }
        .state.running { color: var(--accent); }
        .state.retrying, .state.paused, .state.silent, .state.open { color: var(--warn); }
        .state.dead, .state.unknown { color: var(--bad); }
        .state.unknown { border-bottom-style: solid; cursor: default; }
        .runs { margin: 0; padding: 0; list-style: none; white-space: normal; min-width: 13rem; }
        progress { width: 6rem; height: .6rem; vertical-align: baseline; accent-color: var(--accent); }
        form.act, form.filter { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem .6rem; margin: .5rem 0; }
        label { display: grid; gap: .12rem; font-size: .86em; color: var(--soft); }
        input, select, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 5px;
          padding: .25rem .5rem; max-width: 100%; }
        ::placeholder { color: var(--soft); opacity: 1; }
        button { cursor: pointer; background: var(--tint); }
        button.main { background: var(--accent); border-color: var(--accent); color: var(--card); }
        button.bad { background: transparent; border-color: var(--bad); color: var(--bad); }
        button.plain { background: none; border: 0; padding: 0; color: var(--accent); }
        input:focus-visible, select:focus-visible, button:focus-visible, a:focus-visible, summary:focus-visible {
          outline: 2px solid var(--accent); outline-offset: 1px; }
        details.confirm { margin: .5rem 0; padding: .35rem .7rem; border: 1px solid var(--line); border-radius: 6px; background: var(--card); }
        details.confirm summary { cursor: pointer; color: var(--accent); }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0 0 .6rem; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        pre { margin: 0; padding: .7rem; overflow: auto; max-height: 34rem; background: var(--card); border: 1px solid var(--line);
          border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
        ol.story { list-style: none; margin: 0 0 0 .35rem; padding: 0 0 0 1rem; border-left: 2px solid var(--line); }
        ol.story li { position: relative; padding: .2rem 0 .35rem; }
        ol.story li::before { content: ""; position: absolute; left: -1.38rem; top: .55rem; width: .6rem; height: .6rem; border-radius: 50%;
          background: var(--ground); border: 2px solid var(--soft); }
        ol.story li.good::before { border-color: var(--good); background: var(--good); }
        ol.story li.bad::before { border-color: var(--bad); background: var(--bad); }
        ol.story li.warn::before { border-color: var(--warn); }
        ol.story .what { font-weight: 600; }
        ol.story .why { color: var(--soft); overflow-wrap: anywhere; white-space: pre-wrap; }
        .notice { padding: .5rem .8rem; border-left: 3px solid var(--accent); background: var(--tint); border-radius: 0 6px 6px 0; }
        .notice.warn { border-color: var(--warn); background: var(--warntint); }
        .empty { color: var(--soft); }
        .more { margin: .6rem 0; }
        .row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: start; }
        @media (max-width: 40rem) {
          main { padding: .6rem; }
          header.bar { padding: .45rem .6rem; }
          th, td { padding: .32rem .45rem; }
          .opt { display: none; }
          dl { grid-template-columns: 1fr; gap: 0; }
          dd { margin-bottom: .35rem; }
          form.filter label, form.filter input, form.filter select { width: 100%; }
          form.filter label { flex: 1 1 8rem; }
        }

        """

    /// Replaces what has changed by what the server sends, which is made by the code that made the page. What somebody is in the
    /// middle of using stays as it is.
    static let script: HTML = """

        (() => {
          const live = document.querySelector("[data-events]");
          const sign = document.getElementById("sign");
          if (!live || !window.EventSource) return;
          const say = (text) => { if (sign) sign.textContent = text; };
          const source = new EventSource(live.dataset.events);
          source.addEventListener("overview", (event) => {
            const page = new DOMParser().parseFromString(event.data, "text/html");
            for (const part of page.querySelectorAll("[data-part]")) {
              const old = live.querySelector(`[data-part="${part.dataset.part}"]`);
              if (old && old.innerHTML !== part.innerHTML && !old.contains(document.activeElement)) {
                old.replaceWith(document.adoptNode(part));
              }
            }
            say("live");
          });
          source.addEventListener("unknown", () => say("a store does not answer: this is how it was"));
          source.addEventListener("over", () => { source.close(); say("signed out"); });
          source.onerror = () => say("not live: the server does not answer");
        })();

        """

    /// The bar above every page.
    static func header(_ visitor: Visitor, current: String) -> HTML {
        let places: [(path: String, name: String)] = [
            (path: "/ops", name: "Overview"), (path: "/ops/jobs", name: "Jobs"), (path: "/ops/dead-letters", name: "Dead letters"),
        ]
        let links = places.map { place -> HTML in
            place.path == current
                ? "<a href=\"\(place.path)\" aria-current=\"page\">\(place.name)</a>\n" : "<a href=\"\(place.path)\">\(place.name)</a>\n"
        }
        return """
            <header class="bar">
            <a class="brand" href="/ops">Mainstay</a>
            <nav>
            \(links)</nav>
            <form method="post" action="/ops/logout">
            <input type="hidden" name="form" value="\(visitor.formToken)">
            <span>\(visitor.name)</span>
            <button class="plain">Sign out</button>
            </form>
            </header>
            """
    }
}
