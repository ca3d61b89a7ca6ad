package traffic

import "strings"

// signals is what decides the channel. Strings are in lower case.
type signals struct {
	source                 source
	medium, campaign, word string // utm_medium, utm_campaign, utm_source
	click                  meaning
}

// channel tests the channels in their documented order: the rules of Google
// Analytics 4, with the assistants that it lacks, and with click ids, which
// mark an ad where no medium does.
func channel(s signals) string {
	paid := paidMedium(s.medium) || s.click.paid && s.click.channel == ""
	shopping := s.source.category == categoryShopping || shoppingCampaign(s.campaign)
	switch category := s.source.category; {
	case strings.Contains(s.campaign, "cross-network"):
		return ChannelCrossNetwork
	case paid && shopping:
		return ChannelPaidShopping
	case paid && category == categorySearch:
		return ChannelPaidSearch
	case paid && category == categorySocial:
		return ChannelPaidSocial
	case paid && category == categoryVideo:
		return ChannelPaidVideo
	case displayMedium(s.medium), s.medium == "" && s.click.channel == ChannelDisplay:
		return ChannelDisplay
	case paid:
		return ChannelPaidOther
	case shopping:
		return ChannelOrganicShopping
	case category == categorySocial, socialMedium(s.medium):
		return ChannelOrganicSocial
	case category == categoryVideo, strings.Contains(s.medium, "video"):
		return ChannelOrganicVideo
	case category == categoryAI:
		return ChannelAIAssistants
	case category == categorySearch, s.medium == "organic":
		return ChannelOrganicSearch
	}
	return unpaidChannel(s)
}

// unpaidChannel tests what comes after search.
func unpaidChannel(s signals) string {
	clickChannel := ""
	if s.medium == "" {
		clickChannel = s.click.channel
	}
	switch category := s.source.category; {
	case category == categoryEmail, mailWord(s.medium), mailWord(s.word), clickChannel == ChannelEmail:
		return ChannelEmail
	case category == categoryAffiliate, s.medium == "affiliate", s.medium == "affiliates", clickChannel == ChannelAffiliates:
		return ChannelAffiliates
	case category == categoryAudio, s.medium == "audio":
		return ChannelAudio
	case s.medium == "sms", s.word == "sms":
		return ChannelSMS
	case strings.HasSuffix(s.medium, "push"), strings.Contains(s.medium, "mobile"), strings.Contains(s.medium, "notification"), s.word == "firebase":
		return ChannelMobilePush
	case s.source.name != Direct, s.medium == "referral", s.medium == "app", s.medium == "link":
		return ChannelReferral
	}
	return ChannelDirect
}

// paidMedium is ^(.*cp.*|ppc|retargeting|paid.*)$.
func paidMedium(medium string) bool {
	return strings.Contains(medium, "cp") || medium == "ppc" || medium == "retargeting" || strings.HasPrefix(medium, "paid")
}

// displayMedium is ^(display|banner|expandable|interstitial|cpm)$.
func displayMedium(medium string) bool {
	switch medium {
	case "display", "banner", "expandable", "interstitial", "cpm":
		return true
	}
	return false
}

// socialMedium is ^(social|social-network|social-media|sm|social network|social media)$.
func socialMedium(medium string) bool {
	switch medium {
	case "social", "social-network", "social-media", "social_network", "social_media", "sm", "social network", "social media":
		return true
	}
	return false
}

// mailWord is ^(email|e-mail|e_mail|e mail|newsletter)$.
func mailWord(word string) bool {
	switch word {
	case "email", "e-mail", "e_mail", "e mail", "newsletter":
		return true
	}
	return false
}

// shoppingCampaign is ^(.*(([^a-df-z]|^)shop|shopping).*)$: the word shop, also
// as in e-shop and eshop, but not as in bishop.
func shoppingCampaign(campaign string) bool {
	for at := 0; ; {
		i := strings.Index(campaign[at:], "shop")
		if i < 0 {
			return false
		}
		i += at
		if i == 0 || campaign[i-1] == 'e' || campaign[i-1] < 'a' || campaign[i-1] > 'z' || strings.HasPrefix(campaign[i:], "shopping") {
			return true
		}
		at = i + len("shop")
	}
}
