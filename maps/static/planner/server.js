"use strict";
// Questions to our own server; what it refuses is told in its words.

(function (K) {
  K.ask = async function (method, address, body, headers) {
    const json = body ? { "Content-Type": "application/json" } : {};
    const response = await fetch(address, {
      method,
      headers: { Accept: "application/json", ...json, ...headers },
      body: body ? JSON.stringify(body) : undefined,
    });
    if (response.status === 204) return null;
    const answer = await response.json();
    if (response.ok) return answer;
    const words = response.status === 401 ? K.say("session_over") : answer.detail || answer.title || response.statusText;
    throw Object.assign(new Error(words), { status: response.status });
  };
})(window.Kantong);
