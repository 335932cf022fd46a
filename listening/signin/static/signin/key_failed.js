/** Says so when a security key did not answer, or was refused. */
document.addEventListener("allauth.error", () => {
  document.getElementById("key-failed").hidden = false;
});
