// Says that scripts run, before the first paint, so that what only they serve is shown.
document.documentElement.classList.add("js");
