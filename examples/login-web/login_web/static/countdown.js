// Counts down on the button that asks for another SMS. Without this, the button works all the same: the server counts.
const button = document.querySelector("#resend");
if (button) {
  const words = button.textContent;
  const end = Date.now() + Number(button.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.waiting.replace("{seconds}", left) : words;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}
