DROP TABLE deliveries;
DROP TABLE pledges;
DROP TABLE partner_invitations;
DROP TABLE partners;
DROP TABLE needs_reviews;
DROP TABLE needs;
