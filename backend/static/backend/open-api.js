// Shows the OpenAPI document that the page names; no script and no style stand in the page itself.
addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("api");
  SwaggerUIBundle({ url: place.dataset.address, domNode: place, deepLinking: false, validatorUrl: null });
});
