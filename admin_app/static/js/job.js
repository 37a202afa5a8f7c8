// A job's page: asks for the state once a second until the job has ended, then shows the page with the result.

const box = document.querySelector("[data-job]");
if (box && box.dataset.live === "1") poll();

async function poll() {
  let wait = 700;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, document.hidden ? 5000 : wait));
    try {
      const response = await fetch(box.dataset.job, { headers: { Accept: "application/json" } });
      if (response.status === 401 || response.status === 403 || response.status === 404) return location.reload();
      if (!response.ok) throw new Error("later");
      const job = await response.json();
      const bar = box.querySelector("progress");
      if (job.total) {
        bar.max = job.total;
        bar.value = job.done;
      }
      box.querySelector("[data-job-count]").textContent = job.count_words;
      box.querySelector("[data-job-state]").textContent = job.state_word;
      if (job.ended) return location.reload();
      wait = 1000;
    } catch {
      wait = Math.min(wait * 2, 10000);
    }
  }
}
