// Looks again at a page that says of a part of itself that it is still under way, and goes where the page leads at its end.
// Without this script the page loads itself again.
(() => {
  const part = () => document.querySelector("[data-live]");
  if (!part()) return;
  let wait = 600;
  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
      if (answer.redirected) {
        location.replace(answer.url);
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [now, next] = [part(), page.querySelector("[aria-live]")];
      if (!answer.ok || !next) {
        location.reload();
        return;
      }
      if (now.innerHTML !== next.innerHTML) now.innerHTML = next.innerHTML;
      if (!next.hasAttribute("data-live")) {
        now.removeAttribute("data-live");
        return;
      }
    } catch {
      // The server does not answer now: it is asked again, a little later each time.
    }
    wait = Math.min(wait * 1.4, 8000);
    setTimeout(look, wait);
  };
  setTimeout(look, wait);
})();
