DROP TABLE facilitations;
DROP TABLE agenda_items;
DROP TABLE agendas;
