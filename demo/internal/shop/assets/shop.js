// Calls that the page makes, queued until the tracker has loaded.
window.noctra = window.noctra || function () { (noctra.q = noctra.q || []).push(arguments) }

const answer = document.documentElement.dataset.consent
if (answer) noctra('consent', { analytics: 'granted', ad_user_data: answer, ad_personalization: answer })

document.addEventListener('DOMContentLoaded', () => {
  const sale = document.querySelector('[data-sale]')
  if (sale) noctra('sale', JSON.parse(sale.dataset.sale))
})
