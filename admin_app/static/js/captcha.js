// A new captcha by click on the button or the picture; the sound plays in place.

for (const box of document.querySelectorAll("[data-captcha]")) {
  const form = box.closest("form");
  const image = box.querySelector("[data-captcha-image]");
  const sound = box.querySelector("[data-captcha-audio]");
  let player = null;

  const renew = async () => {
    const response = await fetch(box.dataset.captcha, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    const { token, image: picture, audio } = await response.json();
    form.elements.captcha_token.value = token;
    form.elements.captcha.value = "";
    image.src = picture;
    sound.href = audio;
    player?.pause();
    player = null;
  };

  box.querySelector("[data-captcha-renew]").addEventListener("click", renew);
  image.addEventListener("click", renew);
  sound.addEventListener("click", (event) => {
    event.preventDefault();
    player ??= new Audio(sound.href);
    player.currentTime = 0;
    player.play();
    form.elements.captcha.focus();
  });
}
