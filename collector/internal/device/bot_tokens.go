package device

// reasonTokens are parts of lower-case headers that give a reason.
type reasonTokens struct {
	reason string
	tokens []string
}

// botTokens is searched from the top; the first hit decides. A token must not
// be part of any person's header: the corpus test holds this.
var botTokens = [...]reasonTokens{
	{BotAICrawler, []string{
		"newsai/", "bard-ai", "ai-crawler", "aibot", "-ai/", "ai crawler", "llm",
		"gptbot", "chatgpt", "oai-searchbot", "openai", "claudebot", "claude-", "anthropic", "perplexity", "ccbot/", "bytespider", "tiktokspider",
		"meta-externalagent", "meta-externalfetcher", "facebookbot", "amazonbot", "cohere-", "mistralai", "google-extended", "google-cloudvertexbot",
		"googleagent", "google-notebooklm", "gemini-", "applebot-extended", "diffbot", "youbot", "ai2bot", "timpibot", "omgili", "webzio", "imagesiftbot", "duckassistbot",
		"pangubot", "petalbot-ai", "kangaroo bot", "deepseek", "iaskspider", "xai-", "grokbot", "phindbot", "img2dataset", "firecrawl",
		"crawl4ai", "manus-user", "novaact", "quillbot", "bedrockbot", "azureai-searchbot", "sidetrade", "andibot", "devin/", "cursor/", "jina",
	}},
	{BotHeadless, []string{
		"testlocally",
		"headless", "phantomjs", "puppeteer", "playwright", "selenium", "webdriver", "slimerjs", "cypress/", "splash ", "splash/", "zombie.js", "htmlunit",
		"casperjs", "nightmare", "electron-prerender", "prerender", "webkit2png", "wkhtmlto", "browserless",
	}},
	{BotMonitor, []string{
		"lighthouse", "pagespeed", "uptime", "pingdom", "site24x7", "datadog", "newrelicpinger", "newrelic", "statuscake", "gtmetrix", "ptst/", "webpagetest", "monit/", "monitis",
		"monitor", "googlehc", "kube-probe", "healthcheck", "health check", "healthchecks", "blackbox exporter", "blackbox-exporter", "prometheus/", "catchpoint",
		"dynatrace", "gomezagent", "keynote", "thousandeyes", "checkly", "updown.io", "freshping", "hetrixtools", "nodeping", "zabbix",
		"nagios", "check_http", "speedcurve", "calibre", "rigor", "dareboost", "yottaa", "alertsite", "hyperping", "pulsetic", "cron-job",
		"synthetic", "sentry", "statuspage", "instatus", "nixstats", "watchful", "rackspace", "down for everyone", "isitup", "internetvista",
	}},
	{BotSEOTool, []string{
		"marketgoo", "linktiger", "dlc/", "readable/", "hotjar",
		"ahrefs", "semrush", "mj12bot", "majestic", "dotbot", "rogerbot", "screaming frog", "seokicks", "serpstat", "sistrix", "xovi", "barkrowler",
		"dataforseo", "blexbot", "seobility", "siteaudit", "site auditor", "sitebulb", "deepcrawl", "lumar", "oncrawl", "botify", "netpeak", "linkdex", "seznam-seo",
		"seo/", "seo-", "seobot", "seo ", " seo", "-seo", "backlink", "linkpad", "moz.com", "cognitive", "spyfu", "serp", "searchmetrics", "ryte", "similarweb", "builtwith", "wappalyzer",
		"megaindex", "zoominfobot", "keyword", "rankactive", "rank", "screamingfrog", "linkcheck", "link check", "xenu", "brokenlink", "deadlink", "sitecheck",
	}},
	{BotPreview, []string{
		"facebookexternalhit", "facebookcatalog", "facebot", "twitterbot", "linkedinbot", "slackbot", "slack-img", "discordbot", "telegrambot", "pinterestbot", "pinterest/0.", "redditbot",
		"skypeuripreview", "whatsapp/", "viber/", "snapchatads", "snap url preview", "embedly", "iframely", "vkshare", "mastodon", "bluesky", "cardyb", "preview", "unfurl",
		"tumblr/", "flipboardproxy", "quora link", "outbrain", "bitlybot", "xing-contenttabreceiver", "microsoft teams", "google-pagerenderer",
	}},
	{BotFeedReader, []string{
		"feedly", "feedfetcher", "feedbin", "inoreader", "newsblur", "miniflux", "freshrss", "tiny tiny rss", "tt-rss", "netvibes", "theoldreader", "feedburner", "feedparser",
		"rssowl", "newsboat", "simplepie", "feed", " rss", "rss/", "rssbot", "/rss", "podcast", "overcast/", "itunes/",
	}},
	{BotScanner, []string{
		"hardenize", "foregenix", "watchtowr",
		"censys", "shodan", "zgrab", "nmap", "masscan", "sqlmap", "nikto", "nuclei", "wpscan", "acunetix", "netsparker", "qualys", "nessus", "openvas", "burp",
		"expanse", "palo alto", "internet-measurement", "internetmeasurement", "netcraft", "shadowserver", "leakix", "gobuster", "dirbuster", "dirb", "ffuf", "wfuzz", "masspinger",
		"securitytxt", "securityheaders", "security scan", "vulnerab", "scanner", "scan/", "scan.", "detectify", "intruder", "stretchoid", "zmap", "jorgee", "muieblackcat", "hello, world", "nuclei",
	}},
	{BotCrawler, []string{
		"netshelter", "playstore-google", "impact.com agent", "collapsify", "datanyze", "ips-agent", "newsnow", "sindup",
		"adsbot", "mediapartners-google", "googleother", "google-inspectiontool", "google-site-verification", "google-read-aloud", "apis-google",
		"google-safety", "googleweblight", "google web preview", "appengine-google", "google-structured", "google-adwords", "google favicon", "google-xrawler", "google-",
		"storebot", "bingpreview", "slurp", "yahoo!", "yahoocachesystem", "yahoomailproxy", "ia_archiver", "archive", "heritrix", "nutch", "teoma", "mail.ru", "sogou web", "sogou pic", "sogou head", "sogou inst", "sogou spider", "yisou", "360spider",
		"coccocbot", "exabot", "seznam-", "seznambot", "turnitin", "wayback", "brandverity", "proximic", "grapeshot", "admantx", "integralads", "ias-", "peer39",
		"adbeat", "comscore", "doubleverify", "criteo", "thetradedesk", "ttd-content", "trendiction", "magpie", "meltwater", "brandwatch",
	}},
}

// libraryTokens name programs that fetch over HTTP. They are looked for only in
// headers that no browser would send, since they are ordinary words.
var libraryTokens = [...]string{
	"curl/", "wget", "python", "go-http-client", "okhttp", "axios", "node-fetch", "undici", "node.js", "nodejs", "java/", "apache-httpclient", "httpclient",
	"guzzle", "ruby", "faraday", "libwww", "lwp-", "lwp::", "postman", "insomnia", "httpie", "dart/", "dart:io", "reqwest", "colly", "scrapy", "restsharp",
	"dalvik/", "cfnetwork", "fasthttp", "aiohttp", "httpx", "php/", "symfony", "powershell", "ktor-", "mechanize", "typhoeus", "httparty", "urllib",
	"winhttp", "wininet", "microsoft windows network", "microsoft-cryptoapi", "microsoft bits", "winhttprequest", "zend", "jakarta", "unirest", "superagent",
	"libcurl", "hackney", "elixir", "finch/", "hyper/", "ureq", "resty", "req/v", "gentoo wget", "aria2", "httrack", "webcopier", "teleport", "offline explorer",
	"perl", "cpp-httplib", "boost.beast", "deno/", "bun/", "grpc", "jersey", "retrofit", "volley", "alamofire", "embarcadero", "indy library", "synapse", "vb project", "wordpress/",
}

// botWords are parts of headers that people's browsers never carry.
var botWords = [...]string{
	"crawl", "spider", "http:", "https:", "http//", "www.", "+http", "fetch", "scrap", "harvest", "indexer", "validator", "checker", "extract", "grabber",
	"parser", "analyz", "robot", "inspect", "sniff", "verif", "collector", "research", "survey", "discovery/", "download", "capture", "detect", "proxy",
	"archiv", "agent/", "agent-", "bot/", "bot_", "bot-", "bot;", "finder/", "audit", "metrics", "insight", "library", "server", "()", ".com/", ".com)", ".com;", ".net/", ".io/", ".io)", ".org/", ".org)", ".ai/", ".ai)",
}
